// Before the first paint: the theme the page will choose (as src/ui/browser/document.rs does), and which view the still frame stands for.
const root = document.documentElement;
let theme = null;
try {
  theme = localStorage.getItem("kafka-playground.theme");
} catch {
  // Storage can be switched off: the system's theme then.
}
if (theme !== "dark" && theme !== "light") theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
root.dataset.theme = theme;
root.dataset.view = location.hash === "#training" ? "training" : "cluster";
