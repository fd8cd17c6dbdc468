// Sends the form of the next step by itself. Without script its button does.
"use strict";
document.querySelectorAll("form[data-goes-on]").forEach(function (form) {
  form.submit();
});
