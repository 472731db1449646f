// One event stream: moves the chip and the live panel, and reloads the page's regions after a run.
const base = document.documentElement.dataset.base;
const ended = new Set(["SUCCESS", "PARTIAL", "FAILED", "HELD", "CANCELLED"]);
const words = { SUCCESS: "is synced", PARTIAL: "is partly synced", FAILED: "could not be synced", HELD: "waits for you", CANCELLED: "was cancelled" };
let stream, wait = 1000, timer, said;

const each = (root, name, change) => root.querySelectorAll(`[data-live="${name}"]`).forEach(change);
const text = (value) => (node) => { if (node.textContent !== value) node.textContent = value; };

function say(sentence) {
  if (sentence !== said) document.getElementById("announce").textContent = said = sentence;
}

function reload(names) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const here = [...document.querySelectorAll("[data-region]")].map((node) => node.dataset.region);
    const wanted = here.filter((name) => (names ? names.includes(name) : name !== "flash"));
    // Nothing is pulled away from under a hand: not while a menu, a sheet or a field is in use.
    const busy = document.querySelector("details.menu[open], :popover-open, dialog[open]");
    const free = wanted.filter((name) => {
      const region = document.querySelector(`[data-region="${name}"]`);
      return !region.contains(busy) && !region.querySelector("form.form, form.answer");
    });
    if (free.length) document.dispatchEvent(new CustomEvent("collectarr:reload", { detail: free.join(",") }));
  }, 400);
}

function progress(run) {
  const places = document.querySelectorAll(`[data-run="${run.id}"]`);
  const region = document.querySelector('[data-region="live"]');
  const mine = region && (!region.dataset.for || region.dataset.for === String(run.collection_id));
  if (!places.length || (mine && !region.querySelector(`[data-run="${run.id}"]`))) reload(["chip", "live", "run"]);
  const amount = run.total ? `${run.done} of ${run.total}` : "";
  for (const place of places) {
    each(place, "message", text(run.message || ""));
    each(place, "count", text(amount));
    each(place, "chip", text([run.collection, amount].filter(Boolean).join(", ")));
    each(place, "bar", (bar) => {
      if (run.total) { bar.max = run.total; bar.value = run.done; } else bar.removeAttribute("value");
    });
  }
  say(`Syncing ${run.collection}`);
}

function open() {
  if (stream || document.hidden) return;
  stream = new EventSource(`${base}api/v1/events`);
  stream.onopen = () => { wait = 1000; };
  stream.addEventListener("run", (event) => {
    const run = JSON.parse(event.data);
    if (!ended.has(run.status)) return progress(run);
    say(`${run.collection} ${words[run.status]}`);
    reload();
  });
  stream.addEventListener("heard", () => reload(["heard"]));
  stream.addEventListener("sign-in", () => reload(["code", "alerts", "sources"]));
  // What ended before we listened is not told: a run that the page shows and nobody runs is over.
  stream.addEventListener("runs", (event) => {
    const under = new Set(JSON.parse(event.data).runs.map((run) => String(run.id)));
    if ([...document.querySelectorAll("[data-run]")].some((node) => !under.has(node.dataset.run))) reload();
  });
  stream.addEventListener("resync", () => reload());
  stream.onerror = () => {
    close();
    setTimeout(open, wait);
    wait = Math.min(wait * 2, 60000);
  };
}

function close() {
  stream?.close();
  stream = undefined;
}

document.addEventListener("visibilitychange", () => (document.hidden ? close() : (open(), reload())));
window.addEventListener("pagehide", close);
window.addEventListener("pageshow", open);
open();
