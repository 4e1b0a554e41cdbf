// Starts the page. A file of its own, because the security policy allows no inline script.

const ENGINE = new URL("./engine-boot.js", document.baseURI).href;

// The one script address that the page may compute: its engine worker. Everything else that Trusted Types guards stays refused.
globalThis.trustedTypes?.createPolicy("default", {
  createScriptURL(address) {
    if (new URL(address, document.baseURI).href === ENGINE) return address;
    throw new TypeError(`refused to load a script from ${address}`);
  },
});

async function start() {
  if (typeof WebAssembly !== "object") throw new Error("WebAssembly is missing");
  const { default: init } = await import("./playground.js");
  await init();
}

function fail(error) {
  console.error(error);
  document.getElementById("boot-error").textContent = String(error);
  document.getElementById("boot-failed").hidden = false;
}

start().catch(fail);
