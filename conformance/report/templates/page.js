"use strict";
const one = (id) => document.getElementById(id);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

for (const button of all(".copy")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = button.parentElement.querySelector("code").textContent;
    await navigator.clipboard.writeText(text);
    const label = button.firstChild;
    label.data = "Copied";
    setTimeout(() => { label.data = "Copy"; }, 1500);
  });
}

function reveal() {
  const target = location.hash && one(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.matches("details")) target.open = true;
  if (target.hidden) { target.hidden = false; target.closest("section").hidden = false; }
  target.scrollIntoView();
}
addEventListener("hashchange", reveal);
reveal();

const filter = one("filter");
if (filter) {
  const search = one("search");
  const chosen = { level: one("level"), phase: one("phase") };
  const buttons = all("button[aria-pressed]", filter);
  const rows = all("[data-outcome]");
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

  const show = () => {
    const outcomes = new Set(buttons.filter((b) => b.ariaPressed === "true").map((b) => b.value));
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let number = 0;
    for (const row of rows) {
      const fits = row.dataset.outcome.split("|").some((outcome) => outcomes.has(outcome))
        && Object.entries(chosen).every(([name, menu]) => !menu.value || menu.value === row.dataset[name])
        && words.every((word) => texts.get(row).includes(word));
      row.hidden = !fits;
      number += fits;
    }
    for (const group of all(".phase")) {
      group.hidden = all("[data-outcome]", group).every((row) => row.hidden);
    }
    one("shown").textContent = `${number} of ${rows.length} are shown`;
  };

  for (const button of buttons) {
    button.addEventListener("click", () => {
      button.ariaPressed = button.ariaPressed === "true" ? "false" : "true";
      show();
    });
  }
  for (const menu of [search, ...Object.values(chosen)]) menu.addEventListener("input", show);
  filter.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.matches("input, select, textarea")) {
      event.preventDefault();
      search.focus();
    }
  });
  filter.hidden = false;
  show();
}
