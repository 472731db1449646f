// Forms and links with data-swap="region,region" are fetched, and only those regions replaced.
// Anything unexpected falls back to an ordinary page load.
const latest = {};

// Keeps what was open open, and the focus on the control that says the same.
function replace(region, fresh) {
  const held = region.contains(document.activeElement) && document.activeElement;
  const open = [...region.querySelectorAll("details[data-key][open]")].map((node) => node.dataset.key);
  region.replaceChildren(...fresh.childNodes);
  for (const node of region.querySelectorAll("details[data-key]")) node.open = open.includes(node.dataset.key);
  if (!held) return;
  const again = [...region.querySelectorAll(held.tagName)].find((node) => node.textContent === held.textContent);
  (again || document.getElementById("main")).focus({ preventScroll: true });
}

async function swap(url, names, options = {}) {
  const turn = latest[names] = (latest[names] || 0) + 1;
  const regions = names.split(",").map((name) => document.querySelector(`[data-region="${name}"]`)).filter(Boolean);
  for (const region of regions) region.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url, { ...options, headers: { "X-Fragment": names }, credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (turn !== latest[names]) return answer;
    let found = 0;
    for (const region of regions) {
      const fresh = page.querySelector(`[data-region="${region.dataset.region}"]`);
      if (fresh) { replace(region, fresh); found += 1; }
    }
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
  return swap(target, form.dataset.swap, { method: "POST", body: new URLSearchParams(data) });
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
