// Before the first paint: language, theme and size that the page will choose (as src/ui/browser/document.rs does), and which view
// the still frame stands for.
const root = document.documentElement;
function chosen(name) {
  try {
    return localStorage.getItem(`kafka-playground.${name}`);
  } catch {
    // Storage can be switched off: what the browser and the system ask for then.
    return null;
  }
}
const lang = chosen("lang") ?? navigator.language;
root.lang = lang.toLowerCase().startsWith("zh") ? "zh-CN" : "en";
const theme = chosen("theme");
const dark = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
root.dataset.theme = ["dark", "light"].includes(theme) ? theme : dark;
if (chosen("size") === "large") root.dataset.size = "large";
root.dataset.view = location.hash === "#training" ? "training" : "cluster";
