// Starts the engine inside its worker; the page names this file when it makes the worker.
import init from "./engine.js";

// Thrown outside the promise, so that the page hears of a failed start as the worker's error event.
init().catch((error) => setTimeout(() => { throw error; }));
