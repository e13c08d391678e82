// Reading the drawing of bytes over time: what was sent in the step under the pointer, or under the arrow keys.

function startChart() {
  const data = load("chart-data");
  const canvas = document.getElementById("chart");
  if (data === null || canvas === null) return;
  const cursor = element("div", "cursor");
  const tip = element("div", "tip");
  tip.setAttribute("role", "status");
  let slot = -1;
  const rate = (bytes) => `${bytesText(Math.round((bytes * 1e9) / data.width))}/s`;
  const show = (wanted) => {
    slot = Math.max(0, Math.min(data.slots - 1, wanted));
    const begin = BigInt(data.begin) + BigInt(slot) * BigInt(data.width);
    const lines = data.series.map(({ name, class: colour, bytes }) => [name, colour, bytes[slot] ?? 0]).filter(([, , bytes]) => bytes > 0);
    const sum = lines.reduce((all, [, , bytes]) => all + bytes, 0);
    tip.replaceChildren(
      element("strong", "", timeText(begin, 3)),
      ...lines.reverse().map(([name, colour, bytes]) => element("div", "", element("span", `key ${colour}`), name, element("span", "", rate(bytes)))),
      element("div", "", element("span", ""), "all", element("span", "", rate(sum))),
    );
    canvas.append(cursor, tip);
    const x = ((slot + 0.5) / data.slots) * canvas.clientWidth;
    cursor.style.left = `${x}px`;
    const left = x + 12 + tip.offsetWidth > canvas.clientWidth ? x - 12 - tip.offsetWidth : x + 12;
    tip.style.left = `${Math.max(0, left)}px`;
  };
  const hide = () => {
    cursor.remove();
    tip.remove();
  };
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "group");
  canvas.setAttribute("aria-label", "Bytes over time: left and right arrow keys read it step by step");
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    show(Math.floor(((event.clientX - box.left) / box.width) * data.slots));
  });
  canvas.addEventListener("pointerleave", hide);
  canvas.addEventListener("blur", hide);
  canvas.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -1, ArrowRight: 1 };
    if (event.key === "Escape") hide();
    if (!Object.hasOwn(steps, event.key)) return;
    event.preventDefault();
    show(slot + steps[event.key]);
  });
}

