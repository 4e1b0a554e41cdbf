//! The envelope of the worker's messages: postcard in a byte array. What is inside carries its own version.

use gloo_worker::Codec;
use js_sys::Uint8Array;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

/// Postcard, on both sides of the worker.
#[derive(Debug)]
pub struct Postcard;

impl Codec for Postcard {
    fn encode<I: Serialize>(input: I) -> JsValue {
        let bytes = postcard::to_allocvec(&input).expect("plain data can always be encoded");
        Uint8Array::from(bytes.as_slice()).into()
    }

    fn decode<O: for<'de> Deserialize<'de>>(input: JsValue) -> O {
        let bytes = Uint8Array::from(input).to_vec();
        postcard::from_bytes(&bytes).expect("the envelope never changes")
    }
}
