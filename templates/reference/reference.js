"use strict";
const field = document.getElementById("q");
const count = document.getElementById("count");
const endpoints = [...document.querySelectorAll(".endpoint")];
// A page the server has narrowed already holds too little to search in.
if (!field.value) {
  const everything = count.textContent;
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const endpoint of endpoints) {
      endpoint.hidden = !words.every((word) => endpoint.dataset.words.includes(word));
      shown += endpoint.hidden ? 0 : 1;
    }
    for (const group of document.querySelectorAll(".group")) {
      group.hidden = !group.querySelector(".endpoint:not([hidden])");
    }
    count.textContent = words.length ? `${shown} of ${endpoints.length} endpoints` : everything;
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== field) {
    event.preventDefault();
    field.focus();
  }
});
function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
  }
}
addEventListener("hashchange", openTarget);
openTarget();
for (const endpoint of endpoints) {
  endpoint.addEventListener("toggle", () => {
    if (endpoint.open) history.replaceState(null, "", `#${endpoint.id}`);
  });
}
if (navigator.clipboard) {
  for (const box of document.querySelectorAll(".copy")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(box.querySelector("pre").textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    box.append(button);
  }
}
