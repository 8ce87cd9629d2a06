"use strict";
const bar = document.getElementById("filter");
const search = document.getElementById("search");
const buttons = [...bar.querySelectorAll("button")];
const verdicts = [...document.querySelectorAll("body > details")];

function show() {
  const chosen = new Set(buttons.filter((b) => b.ariaPressed === "true").map((b) => b.value));
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const verdict of verdicts) {
    const text = verdict.textContent.toLowerCase();
    const found = words.every((word) => text.includes(word));
    verdict.hidden = !(found && chosen.has(verdict.dataset.outcome));
  }
  for (const heading of document.querySelectorAll("body > h2")) {
    let next = heading.nextElementSibling;
    let empty = next !== null && next.matches("details");
    for (; next !== null && next.matches("details"); next = next.nextElementSibling) {
      empty = empty && next.hidden;
    }
    heading.hidden = empty;
  }
}

for (const button of buttons) {
  button.ariaPressed = "true";
  button.addEventListener("click", () => {
    button.ariaPressed = button.ariaPressed === "true" ? "false" : "true";
    show();
  });
}
search.addEventListener("input", show);
bar.hidden = false;
