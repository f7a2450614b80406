// The button that switches between light and dark.
export function switching() {
  const button = document.querySelector("[data-theme-switch]");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const label = () => {
    button.textContent = dark() ? "Light" : "Dark";
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch {
      // See theme.js.
    }
    label();
    dispatchEvent(new Event("theme"));
  });
  system.addEventListener("change", () => {
    label();
    dispatchEvent(new Event("theme"));
  });
  label();
}
