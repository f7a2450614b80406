// Keeps relative times true: `<time data-ago>` says how long ago its moment is.
const UNITS = [
  [86400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
];

export function ago(seconds) {
  let left = Math.max(0, Math.floor(seconds));
  const parts = [];
  for (const [size, unit] of UNITS) {
    const number = Math.floor(left / size);
    left %= size;
    if (number || parts.length) parts.push(`${number} ${unit}`);
  }
  return `${parts.slice(0, 2).join(" ") || "0 s"} ago`;
}

function refresh() {
  const now = Date.now() / 1000;
  for (const time of document.querySelectorAll("time[data-ago]")) {
    time.textContent = ago(now - Number(time.dataset.ago));
  }
}

export function ticking() {
  setInterval(refresh, 1000);
}
