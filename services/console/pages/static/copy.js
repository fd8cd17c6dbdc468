// Adds a button below each sentence that is to be sent on. Without script, the sentence is marked and copied by hand.
"use strict";
function addCopyButtons(within) {
  if (!navigator.clipboard) return;
  within.querySelectorAll(".sentence[data-copy]").forEach(function (sentence) {
    var button = document.createElement("button");
    button.type = "button";
    button.className = "button no-print";
    button.textContent = sentence.dataset.copy;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(sentence.textContent).then(function () {
        button.textContent = sentence.dataset.copied;
      });
    });
    sentence.insertAdjacentElement("afterend", button);
  });
}
addCopyButtons(document);
document.addEventListener("doorstep:shown", function (event) {
  addCopyButtons(event.target);
});
