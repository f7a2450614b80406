// Charts of the statistics page, from the tables beside them: what one sees, the other says.
const HEIGHT = 240;

function colour(element, kind) {
  const probe = document.createElement("span");
  probe.className = kind;
  element.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

// Columns of a table: the first holds moments, the others numbers in `data-value`.
function read(table) {
  const rows = [...table.tBodies[0].rows].reverse();
  const columns = [...table.tHead.rows[0].cells].map((_, index) =>
    rows.map((row) => {
      const value = row.cells[index].dataset.value;
      return value === undefined || value === "" ? null : Number(value);
    }),
  );
  return columns;
}

// Hours of UTC, as in the tables; the date where it changes.
function moments(_, splits) {
  let before = "";
  return splits.map((split) => {
    const [date, time] = new Date(split * 1000).toISOString().split("T");
    const day = date === before ? "" : `\n${date.slice(5)}`;
    before = date;
    return time.slice(0, 5) + day;
  });
}

function numbers(_, splits) {
  return splits.map((split) => split.toLocaleString("en", { maximumSignificantDigits: 4 }));
}

function moment(_, value) {
  return value === null ? "–" : new Date(value * 1000).toISOString().slice(0, 16).replace("T", " ");
}

function options(box, table) {
  const axis = {
    stroke: colour(box, "axis"),
    grid: { stroke: colour(box, "grid"), width: 1 },
    ticks: { stroke: colour(box, "grid"), width: 1 },
    font: `12px ${getComputedStyle(box).fontFamily}`,
  };
  const names = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent);
  const kinds = ["first", "second", "third"];
  return {
    width: box.clientWidth,
    height: HEIGHT,
    cursor: { drag: { x: false, y: false } },
    // The time that was chosen, also where there are figures of a part of it only.
    scales: {
      x: { range: [Number(box.dataset.since), Number(box.dataset.until)] },
      y: { range: (_, low, high) => [0, Math.max(high * 1.08, low, 1e-9)] },
    },
    axes: [{ ...axis, values: moments }, { ...axis, size: 64, values: numbers }],
    tzDate: (seconds) => window.uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    series: [
      { label: "UTC", value: moment },
      ...names.map((label, index) => ({
        label,
        stroke: colour(box, kinds[index]),
        width: 2,
        spanGaps: false,
        points: { show: table.tBodies[0].rows.length < 40, size: 5 },
      })),
    ],
  };
}

function draw(box) {
  const table = document.getElementById(box.dataset.table);
  box.replaceChildren();
  const data = read(table);
  if (data[0].length) new window.uPlot(options(box, table), data, box);
}

const boxes = [...document.querySelectorAll(".chart[data-table]")];
const drawAll = () => boxes.forEach(draw);
for (const box of boxes) box.hidden = false;
drawAll();
addEventListener("theme", drawAll);
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth === width) return;
  width = innerWidth;
  drawAll();
});
