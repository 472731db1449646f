// Single keys, never while somebody types: / search, g d/c/b/r/s go, r sync, ? help.
const base = document.documentElement.dataset.base;
const places = { d: "", c: "collections", b: "browse", r: "runs", s: "settings/servers" };
let going = 0;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest("input, textarea, select, [contenteditable], dialog[open]")) return;
  const now = Date.now();
  if (now - going < 1200 && event.key in places) {
    location.assign(base + places[event.key]);
  } else if (event.key === "g") {
    going = now;
    return;
  } else if (event.key === "/") {
    const field = document.querySelector("[data-search]");
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  } else if (event.key === "r") {
    document.querySelector("form[data-shortcut-sync]")?.requestSubmit();
  } else if (event.key === "?") {
    document.getElementById("shortcuts").showModal();
  }
  going = 0;
});
