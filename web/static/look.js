// Shows what a collection would be called while its template is typed.
document.addEventListener("input", (event) => {
  const field = event.target;
  if (!(field instanceof HTMLInputElement) || field.id !== "look_name") return;
  const output = document.querySelector("[data-look-name]");
  const parts = {
    name: output.dataset.lookName,
    count: output.dataset.lookCount,
    total: output.dataset.lookTotal,
  };
  const template = field.value.trim() || "{name}";
  const called = template.replace(/\{(name|count|total)\}/g, (_, part) => parts[part]);
  output.firstElementChild.textContent = called;
});
