// Buttons that copy what stands beside them. One listener serves parts that arrive later as well.
export function copying() {
  document.documentElement.classList.add("scripted");
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    const before = button.getAttribute("aria-label");
    let said = "Copied";
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      said = "Not copied: the browser refused";
    }
    button.setAttribute("aria-label", said);
    button.dataset.said = said;
    setTimeout(() => {
      button.setAttribute("aria-label", before);
      delete button.dataset.said;
    }, 1500);
  });
}
