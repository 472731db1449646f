// Buttons with data-copy="selector" copy that element's text; without a clipboard they stay hidden.
const ready = () => {
  if (navigator.clipboard) for (const b of document.querySelectorAll("[data-copy][hidden]")) b.hidden = false;
};

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).innerText);
  const label = button.lastChild, before = label.textContent;
  label.textContent = "Copied";
  setTimeout(() => { label.textContent = before; }, 2000);
});

document.addEventListener("collectarr:swapped", ready);
ready();
