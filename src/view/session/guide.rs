//! The guide of the first run: what a suggestion leads to is waited for, and the clock stops where there is something to see.

use super::{EVENTS_PER_LOOK, Session};
use crate::playground::lesson::guide::{self, Look, Next};
use crate::playground::lesson::script::{Wait, Waited};
use crate::sim::ids::NodeId;
use crate::sim::time::SimTime;
use crate::view::protocol::{Act, Asked, Command, Order, SetupName};
use crate::view::scene::{Guide, Scene};

impl Session {
    /// Begins to wait for what was asked to show.
    pub(super) fn expect(&mut self, asked: &Asked) {
        // A pause was the guide's: whoever does what it suggests there lets the run go on.
        self.pace.playing |= self.look_here().is_some();
        self.wait = if self.pace.auto { self.wait_for(asked) } else { None };
    }

    fn wait_for(&self, asked: &Asked) -> Option<Wait> {
        let run = self.history.run();
        let topic = self.guided_topic()?;
        match asked {
            Asked::Act(Act::Restart(node)) if !NodeId(*node).is_client() => {
                guide::until_cut(run, topic, *node)
            }
            Asked::Order(Order::ClientConfig { node, name, value })
                if (name.as_str(), value.as_str()) == ("acks", "1") =>
            {
                guide::until_only_leader(run, topic, NodeId(*node))
            }
            _ => None,
        }
    }

    /// The topic that the guide speaks of: that of the setup the page opens with.
    fn guided_topic(&self) -> Option<&'static str> {
        (self.script.setup == SetupName::Orders).then_some(guide::TOPIC)
    }

    /// Runs up to `goal`, or to where there is something to look at; true if it came that far.
    pub(super) fn run_waiting(
        &mut self,
        wait: Wait,
        goal: SimTime,
        must_yield: &mut impl FnMut() -> bool,
    ) -> bool {
        loop {
            match wait.run(&mut self.history, goal, EVENTS_PER_LOOK) {
                Waited::Busy if !must_yield() => continue,
                Waited::GivenUp => return true,
                Waited::Reached => {
                    self.look(&wait);
                    return true;
                }
                waited => {
                    self.wait = Some(wait);
                    return waited == Waited::Arrived;
                }
            }
        }
    }

    /// Stops the clock if what was waited for is something to look at.
    fn look(&mut self, wait: &Wait) {
        let run = self.history.run();
        let look = match wait.before {
            true => guide::cut_ahead(run),
            false => self.guided_topic().and_then(|topic| guide::only_leader_now(run, topic)),
        };
        if let Some(look) = look {
            self.looks = Some((look, self.history.position()));
            self.pace.playing = false;
        }
    }

    /// What there is to look at, if the clock still stands there.
    fn look_here(&self) -> Option<&Look> {
        let (look, position) = self.looks.as_ref()?;
        (*position == self.history.position()).then_some(look)
    }

    /// Forgets what was waited for when the run is taken elsewhere.
    pub(super) fn stop_waiting(&mut self, command: &Command) {
        let goes_on = matches!(
            command,
            Command::Play
                | Command::Pause
                | Command::SetSpeed(_)
                | Command::SetAuto(_)
                | Command::SetFilter(_)
                | Command::Act(_)
                | Command::Order(_)
                | Command::Verify
                | Command::Subscribe(_)
                | Command::Chart(_)
                | Command::Compare(_)
                | Command::Snapshot
        );
        if !goes_on {
            self.wait = None;
        }
    }

    /// Where the guide stands, for the picture.
    pub fn guide(&self, scene: &Scene) -> Guide {
        let topic = self.guided_topic();
        let producer = scene.producers.first().filter(|_| {
            scene.topic.as_ref().is_some_and(|shown| Some(shown.name.as_str()) == topic)
        });
        let next = producer.map(|producer| guide::next(&self.history, NodeId(producer.node)));
        let look = self.look_here().filter(|_| producer.is_some()).cloned();
        Guide { next: next.unwrap_or(Next::Free), look }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playground::lesson::predicate::{At, Predicate, Term, tp};
    use crate::playground::setup;
    use crate::view::protocol::Script;

    fn ticks(session: &mut Session, ms: &mut f64, until: impl Fn(&Session) -> bool) {
        for _ in 0..20_000 {
            *ms += 50.0;
            session.tick(*ms, || false);
            if until(session) {
                return;
            }
        }
        panic!("it never came, at {}", session.time_us());
    }

    /// When, with this seed, broker 2 holds a record of orders-1 that nobody else has and that is not on its way.
    fn alone_at() -> SimTime {
        let mut history = setup::orders(1).open().expect("within the limits");
        history.run_until(SimTime(24_200_000));
        let end = |broker| Term::Leo(tp("orders", 1), At::Broker(broker));
        let alone = Predicate::All(vec![
            Predicate::Less(end(1), end(2)),
            Predicate::Less(end(3), end(2)),
            Predicate::Not(Box::new(Predicate::Copying(tp("orders", 1)))),
        ]);
        let wait = Wait::new(history.run(), alone, false);
        assert_eq!(wait.run(&mut history, SimTime(90_000_000), u64::MAX), Waited::Reached);
        history.position().time
    }

    #[test]
    fn a_restart_stops_just_before_the_log_is_cut_and_going_on_cuts_it() {
        let history = setup::orders(1).open().expect("within the limits");
        let script = Script::first(SetupName::Orders);
        let mut session = Session::open(history, script, alone_at().0, true);
        session.pace.auto = true;
        let mut ms = 0.0;
        session.command(&Command::Act(Act::Kill(2)));
        let later = session.time_us() + 15_000_000;
        ticks(&mut session, &mut ms, |session| session.time_us() > later);
        session.command(&Command::Act(Act::Restart(2)));
        ticks(&mut session, &mut ms, |session| !session.pace.playing);
        let Some(Look::Cut { broker: 2, from, to, .. }) = session.look_here().cloned() else {
            panic!("it stops to look at {:?}", session.looks)
        };
        assert!(to < from);
        assert_eq!(session.timeline().known_us, session.time_us(), "no future is known");
        session.command(&Command::Play);
        ticks(&mut session, &mut ms, |session| session.look_here().is_none());
        assert!(session.wait.is_none() && session.history.branches().is_empty());
    }
}
