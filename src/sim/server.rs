//! A server process: quorum member or observer, and with it a controller, a broker, or both.

use std::sync::Arc;

use crate::sim::controller::metadata::MetadataImage;
use crate::sim::effects::Effects;
use crate::sim::ids::NodeId;
use crate::sim::node::Input;
use crate::sim::rng::Rng;
use crate::sim::setup::{ClusterSetup, ServerSpec};
use crate::sim::storage::disk::Disk;
use crate::sim::time::NodeNow;

/// What a server process knows from its start.
#[derive(Clone, Debug, Hash)]
pub struct ServerContext {
    pub node: NodeId,
    pub spec: Arc<ServerSpec>,
    pub setup: Arc<ClusterSetup>,
    /// Random for each start of the process.
    pub incarnation: u64,
}

/// A running server process.
#[derive(Clone, Debug, Hash)]
pub struct Server {
    context: ServerContext,
    disk: Disk,
    rng: Rng,
    image: MetadataImage,
}

impl Server {
    /// The committed metadata that the process has applied.
    pub fn image(&self) -> &MetadataImage {
        &self.image
    }

    /// A process that has just been started on its disk.
    pub fn boot(context: ServerContext, disk: Disk, rng: Rng) -> Server {
        Server { context, disk, rng, image: MetadataImage::default() }
    }

    /// Handles one input. Servers take no commands.
    pub fn handle<C>(&mut self, _now: NodeNow, _input: Input<C>, _out: &mut Effects) {}

    /// The disk as the dead process leaves it.
    pub fn crash(self) -> Disk {
        self.disk
    }
}
