// Keys: "/" goes to the search box; j and k, or arrows, walk through a list, Enter opens.
const typing = (element) =>
  element.isContentEditable || ["INPUT", "SELECT", "TEXTAREA"].includes(element.tagName);

export function keyboard() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "/") {
      const search = document.querySelector("input[name=q]");
      search.focus();
      search.select();
      event.preventDefault();
      return;
    }
    const down = event.key === "j" || event.key === "ArrowDown";
    const up = event.key === "k" || event.key === "ArrowUp";
    if (!down && !up) return;
    const focused = event.target.closest("[data-list]");
    // Arrows scroll the page, unless the list is in use.
    if (event.key.startsWith("Arrow") && !focused) return;
    const links = [...document.querySelectorAll("[data-list] a[data-row]")];
    if (!links.length) return;
    const row = event.target.closest("tr")?.querySelector("a[data-row]");
    const at = links.indexOf(row);
    const next = at < 0 ? 0 : Math.min(Math.max(at + (down ? 1 : -1), 0), links.length - 1);
    links[next].focus();
    event.preventDefault();
  });
}
