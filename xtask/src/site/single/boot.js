// Starts the page from this one document: what other sites fetch lies in its data blocks. As www/boot.js otherwise.
const part = (name) => document.getElementById(`part-${name}`).textContent.trim();

// The worker cannot load anything either, so all that it needs is written into its script.
const parts = JSON.stringify({ engine: part("engine_bg.wasm"), digits: part("digits.bin") });
const source = new Blob([part("engine.js"), `\nconst PARTS = ${parts};\n`, inflate.toString(), "\n", part("engine-start.js")], {
  type: "text/javascript",
});
const ENGINE = URL.createObjectURL(source);
document.documentElement.dataset.engine = ENGINE;

// The one script address that the page may compute: its engine worker.
globalThis.trustedTypes?.createPolicy("default", {
  createScriptURL(address) {
    if (address === ENGINE) return address;
    throw new TypeError(`refused to load a script from ${address}`);
  },
});

async function start() {
  if (typeof WebAssembly !== "object") throw new Error("WebAssembly is missing");
  await __wbg_init({ module_or_path: await inflate(part("playground_bg.wasm")) });
}

start().catch((error) => {
  console.error(error);
  document.getElementById("boot-error").textContent = String(error);
  document.getElementById("boot-failed").hidden = false;
});
