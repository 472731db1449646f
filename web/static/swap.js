// Forms and links with data-swap="region,region" are fetched, and only those regions replaced.
// Anything unexpected falls back to an ordinary page load.
const latest = {};

const usable = (node) => !node.disabled && (node.checkVisibility ? node.checkVisibility() : node.offsetParent);
const controls = (row) => [...row.querySelectorAll("button, summary, a[href], select, input:not([type=hidden])")].filter(usable);

// Where the focus is, in words that still mean something once that part of the page is new.
function placeOf(node) {
  const region = node?.closest("[data-region]");
  if (!region) return null;
  const row = node.closest("li");
  return {
    tag: node.tagName,
    text: node.textContent,
    region: region.dataset.region,
    row: row?.id,
    at: [...region.querySelectorAll("li")].indexOf(row),
    menu: Boolean(node.closest("details.menu")),
  };
}

// On the control that says the same; else on another one of its row, a row beside it, or Undo.
function refocus(held) {
  const region = document.querySelector(`[data-region="${held.region}"]`);
  const same = (node) => node.tagName === held.tag && node.textContent === held.text && usable(node);
  const rows = held.at < 0 ? [] : [...region.querySelectorAll("li")];
  const own = held.row ? rows.find((row) => row.id === held.row) : rows[held.at];
  const near = [own, ...rows.slice(held.at), ...rows.slice(0, Math.max(0, held.at)).reverse()].filter(Boolean);
  const first = (row) => (held.menu && controls(row).find((node) => node.tagName === "SUMMARY")) || controls(row)[0];
  const again = (own && [...own.querySelectorAll(held.tag)].find(same))
    || (!held.row && [...region.querySelectorAll(held.tag)].find(same))
    || near.map(first).find(Boolean)
    || document.querySelector(".undo button")
    || document.getElementById("main");
  again.focus({ preventScroll: held.at < 0 });
}

// Keeps what was open open.
function replace(region, fresh) {
  const open = [...region.querySelectorAll("details[data-key][open]")].map((node) => node.dataset.key);
  region.replaceChildren(...fresh.childNodes);
  for (const node of region.querySelectorAll("details[data-key]")) node.open = open.includes(node.dataset.key);
}

// `from` is the button that asked for it: by the time of the answer its menu may be closed.
async function swap(url, names, options = {}, from = null) {
  const asked = placeOf(from);
  const turn = latest[names] = (latest[names] || 0) + 1;
  const regions = names.split(",").map((name) => document.querySelector(`[data-region="${name}"]`)).filter(Boolean);
  for (const region of regions) region.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url, { ...options, headers: { "X-Fragment": names }, credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (turn !== latest[names]) return answer;
    const active = document.activeElement;
    const lost = !active || active === document.body || !usable(active);
    const held = lost ? asked : regions.some((region) => region.contains(active)) ? placeOf(active) : null;
    let found = 0;
    for (const region of regions) {
      const fresh = page.querySelector(`[data-region="${region.dataset.region}"]`);
      if (fresh) { replace(region, fresh); found += 1; }
    }
    if (found && held) refocus(held);
    if (!found) location.assign(answer.redirected || !options.method ? answer.url : location.href);
    document.dispatchEvent(new CustomEvent("collectarr:swapped"));
    return answer;
  } catch {
    if (options.method) { location.reload(); } else { location.assign(url); }
  } finally {
    for (const region of regions) region.removeAttribute("aria-busy");
  }
}

function submit(form, submitter) {
  const data = new FormData(form, submitter);
  const target = new URL(submitter?.getAttribute("formaction") || form.getAttribute("action"), location.href);
  if (form.method === "get") {
    target.search = new URLSearchParams([...data].filter(([, value]) => value)).toString();
    history.replaceState(null, "", target);
    return swap(target, form.dataset.swap);
  }
  return swap(target, form.dataset.swap, { method: "POST", body: new URLSearchParams(data) }, submitter);
}

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || !event.target.dataset.swap) return;
  event.preventDefault();
  for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  submit(event.target, event.submitter);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-swap]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  swap(link.href, link.dataset.swap);
});

window.addEventListener("popstate", () => location.reload());

let pause;
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (event.target.type !== "search" || !form?.dataset.swap) return;
  clearTimeout(pause);
  pause = setTimeout(() => submit(form), 250);
});

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (!form) return;
  if ("submitOnChange" in form.dataset) form.requestSubmit();
  else if (form.method === "get" && form.dataset.swap && event.target.tagName === "SELECT") submit(form);
});

document.addEventListener("collectarr:reload", (event) => swap(location.href, event.detail));
