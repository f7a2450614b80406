// Keeps the parts of a page up to date. A part is an element with `data-live` and an id: when the
// server tells of a change, the page is fetched again and its parts are exchanged. What the
// server renders is all there is to show, so nothing is made of data here.
const PAUSE = 1000;
// Milliseconds between two refreshes: a busy network changes a thousand times a second.
const REGULARLY = 5000;

export function live() {
  for (const part of document.querySelectorAll("[data-load]")) load(part);
  const events = document.body.dataset.events;
  if (!events || typeof EventSource === "undefined") return;
  const follower = new Follower(events);
  document.addEventListener("visibilitychange", () => follower.look());
  follower.look();
}

class Follower {
  constructor(url) {
    this.url = url;
    this.source = null;
    this.timer = null;
    this.busy = false;
    this.again = false;
  }

  // Hidden pages keep no connection: browsers have six for all tabs.
  look() {
    if (document.hidden) {
      this.source?.close();
      this.source = null;
      clearInterval(this.poll);
    } else if (!this.source) {
      this.source = new EventSource(this.url);
      this.source.addEventListener("change", () => this.soon());
      // What happened between the page and its stream, or while the stream was broken.
      this.source.addEventListener("open", () => this.soon());
      // What is no change of a message, such as a signature; nothing more happens to delivered ones.
      this.poll = setInterval(() => waits() && this.soon(), REGULARLY);
    }
  }

  soon() {
    if (this.busy) {
      this.again = true;
      return;
    }
    this.timer ??= setTimeout(() => this.refresh(), this.waited() ? 0 : PAUSE);
  }

  waited() {
    return !this.refreshed || performance.now() - this.refreshed > PAUSE;
  }

  async refresh() {
    this.timer = null;
    this.busy = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (answer.ok) exchange(parse(await answer.text()));
    } catch {
      // The stream reconnects by itself, and the next change comes here again.
    }
    this.refreshed = performance.now();
    this.busy = false;
    if (this.again) {
      this.again = false;
      this.soon();
    }
  }
}

function waits() {
  return document.querySelector("[data-load]") !== null;
}

function parse(text) {
  return new DOMParser().parseFromString(text, "text/html");
}

function exchange(fresh) {
  for (const old of document.querySelectorAll("[data-live]")) {
    const part = fresh.getElementById(old.id);
    if (part && !sameText(part, old)) put(part, old);
  }
  for (const old of document.querySelectorAll("[data-load]")) {
    if (fresh.getElementById(old.id)) load(old);
    else old.remove();
  }
  for (const old of document.querySelectorAll("[data-until-delivered]")) {
    // What the wallet says of its own delivery stays.
    if (!fresh.getElementById(old.id) && !old.querySelector("[role=status]:not([hidden])")) old.remove();
  }
  if (fresh.title) document.title = fresh.title;
}

// Relative times go on by themselves, and are no change.
function sameText(one, other) {
  const plain = (element) => {
    const copy = element.cloneNode(true);
    for (const time of copy.querySelectorAll("time[data-ago]")) time.textContent = "";
    for (const row of copy.querySelectorAll("tr[data-key]")) row.removeAttribute("class");
    for (const opened of copy.querySelectorAll("details[open]")) opened.removeAttribute("open");
    return copy.innerHTML;
  };
  return plain(one) === plain(other);
}

// Exchanges the content of a part, and leaves the reader where they are.
function put(part, old) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const known = new Set([...old.querySelectorAll("tr[data-key]")].map((row) => row.dataset.key));
  for (const row of part.querySelectorAll("tr[data-key]")) {
    row.classList.toggle("fresh", !known.has(row.dataset.key));
  }
  for (const opened of old.querySelectorAll("details[open][id]")) {
    part.querySelector(`#${CSS.escape(opened.id)}`)?.setAttribute("open", "");
  }
  old.replaceChildren(...document.adoptNode(part).childNodes);
  if (focused) focusAgain(old, focused);
}

function focusAgain(part, focused) {
  const same = (element) =>
    element.tagName === focused.tagName &&
    element.getAttribute("href") === focused.getAttribute("href") &&
    element.dataset.copy === focused.dataset.copy;
  [...part.querySelectorAll(focused.tagName)].find(same)?.focus({ preventScroll: true });
}

// Fills an element with what another page has in the element of the same id.
async function load(part) {
  part.setAttribute("aria-busy", "true");
  say(part, part.querySelector("[data-loading]")?.dataset.loading);
  try {
    const answer = await fetch(part.dataset.load, { headers: { accept: "text/html" } });
    const found = parse(await answer.text()).getElementById(part.id);
    if (!found) failed(part);
    else if (!sameText(found, part)) put(found, part);
  } catch {
    failed(part);
  }
  part.removeAttribute("aria-busy");
}

function failed(part) {
  say(part, "The server did not answer. Reload the page to try again.");
}

// Where nothing has been loaded yet: without a script there is a link.
function say(part, words) {
  const place = part.querySelector("[data-loading]");
  if (place) place.textContent = words;
}
