// Starts the engine inside its worker, from what the page has written before this: PARTS.
globalThis.fetchDigits = (done) => inflate(PARTS.digits).then(done, () => done(null));

// Thrown outside the promise, so that the page hears of a failed start as the worker's error event.
inflate(PARTS.engine)
  .then((bytes) => __wbg_init({ module_or_path: bytes }))
  .catch((error) => setTimeout(() => { throw error; }));
