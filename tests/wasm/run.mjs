// Runs a wasm32-wasip1 program under node, for `cargo test` and `cargo bench --target wasm32-wasip1` (.cargo/config.toml).
import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const [program, ...args] = process.argv.slice(2);
const here = process.cwd();
const wasi = new WASI({
  version: "preview1",
  args: [program, ...args],
  env: process.env,
  // Relative paths and those made of CARGO_MANIFEST_DIR both lead into the package, and nothing leads out of it.
  preopens: { "/": here, [here]: here },
  returnOnExit: true,
});
const module = await WebAssembly.compile(await readFile(program));
const imports = wasi.getImportObject();
const clock = imports.wasi_snapshot_preview1.clock_time_get;
const MONOTONIC = 1;
// The monotonic clock shows the CPU time of the process, so that a bench measures itself and not its neighbours.
imports.wasi_snapshot_preview1.clock_time_get = (id, precision, result) => {
  if (id !== MONOTONIC) return clock(id, precision, result);
  const { user, system } = process.cpuUsage();
  const nanoseconds = BigInt(user + system) * 1000n;
  new DataView(instance.exports.memory.buffer).setBigUint64(result, nanoseconds, true);
  return 0;
};
const instance = await WebAssembly.instantiate(module, imports);
try {
  process.exitCode = wasi.start(instance);
} catch (trap) {
  // A panic aborts here, after it has said what is wrong; node's trace through the wasm adds nothing.
  console.error(String(trap));
  process.exitCode = 101;
}
