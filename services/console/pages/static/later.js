// Shows what takes longer than the rest of its page: each part with `data-from` is asked for at that address.
// Where it does not come, what stands there stays, with its link.
"use strict";
document.querySelectorAll("[data-from]").forEach(function (part) {
  fetch(part.dataset.from, { credentials: "same-origin", redirect: "error" })
    .then(function (answer) {
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.text();
    })
    .then(function (page) {
      part.innerHTML = page;
      part.dispatchEvent(new Event("doorstep:shown", { bubbles: true }));
    })
    .catch(function () {});
});
