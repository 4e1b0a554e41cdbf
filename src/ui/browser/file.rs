//! A file that the visitor chose.

use js_sys::Uint8Array;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlInputElement;

use crate::limits::SHARED_BYTES_MAX;
use crate::view::share::complaint::Complaint;

/// Reads the file chosen in a field; what is too large is not even read.
pub fn read(field: HtmlInputElement, on_read: impl FnOnce(Result<Vec<u8>, Complaint>) + 'static) {
    let Some(file) = field.files().and_then(|files| files.get(0)) else { return };
    if file.size() > SHARED_BYTES_MAX as f64 {
        let (size, limit) = (file.size() as u64, SHARED_BYTES_MAX as u64);
        return on_read(Err(Complaint::TooLarge { size, limit }));
    }
    let bytes = file.array_buffer();
    spawn_local(async move {
        let bytes = JsFuture::from(bytes).await;
        // A file that has gone since it was chosen is no run.
        on_read(
            bytes.map(|bytes| Uint8Array::new(&bytes).to_vec()).map_err(|_| Complaint::Foreign),
        );
        // So that the same file can be chosen again.
        field.set_value("");
    });
}
