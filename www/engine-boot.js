// Starts the engine inside its worker; the page names this file when it makes the worker.
import init from "./engine.js";

const DIGITS = "./digits.bin";

// What only a training needs, the worker (src/ui/browser/digits.rs) asks for when it is needed; a failure is an answer too.
globalThis.fetchDigits = (done) =>
  fetch(new URL(DIGITS, import.meta.url))
    .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(answer.status)))
    .then((bytes) => done(new Uint8Array(bytes)), () => done(null));

// Thrown outside the promise, so that the page hears of a failed start as the worker's error event.
init().catch((error) => setTimeout(() => { throw error; }));
