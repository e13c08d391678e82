// Copying display filters.

/** Copies what stands in a code element; the button says whether it worked. */
async function copyCode(code, pressed) {
  let copied = true;
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    // Where the clipboard is not given to a page from a file: what is selected can still be copied.
    getSelection().selectAllChildren(code);
    copied = document.execCommand("copy");
  }
  pressed.textContent = copied ? "Copied" : "Press Ctrl+C";
  announce(copied ? "Copied" : "Selected: press Ctrl+C to copy");
  setTimeout(() => {
    pressed.textContent = "Copy";
  }, 2000);
}

/** A filter with its button. */
function copyable(text) {
  const code = element("code", "", text);
  const press = button("Copy", "copy", () => copyCode(code, press));
  return element("div", "copyable", code, press);
}

function offerCopying() {
  for (const press of document.querySelectorAll("button.copy")) {
    press.hidden = false;
    press.addEventListener("click", () => copyCode(press.parentElement.querySelector("code"), press));
  }
}

