// Numbers and times as people read them, in the words of wiretell's tables, and elements that hold text.

const counted = new Intl.NumberFormat("en-US");

function countText(number, word) {
  return `${counted.format(number)} ${word}${number === 1 ? "" : "s"}`;
}

function bytesText(number) {
  if (number < 1000) return `${number} B`;
  let size = 1000;
  for (const unit of ["kB", "MB", "GB", "TB", "PB", "EB"]) {
    const tenths = Math.floor((number + size / 20) / (size / 10));
    if (tenths < 100) return `${Math.floor(tenths / 10)}.${tenths % 10} ${unit}`;
    const whole = Math.floor((number + size / 2) / size);
    if (whole < 1000) return `${whole} ${unit}`;
    size *= 1000;
  }
  return String(number);
}

function durationText(nanos) {
  const rounded = (unit) => Math.floor((nanos + unit / 2) / unit);
  const two = (number) => String(number).padStart(2, "0");
  if (nanos === 0) return "0";
  if (nanos < 1e3) return `${nanos} ns`;
  if (rounded(1e3) < 1000) return `${rounded(1e3)} µs`;
  if (rounded(1e5) < 100) return `${Math.floor(rounded(1e5) / 10)}.${rounded(1e5) % 10} ms`;
  if (rounded(1e6) < 1000) return `${rounded(1e6)} ms`;
  if (rounded(1e7) < 1000) return `${Math.floor(rounded(1e7) / 100)}.${two(rounded(1e7) % 100)} s`;
  if (rounded(1e8) < 600) return `${Math.floor(rounded(1e8) / 10)}.${rounded(1e8) % 10} s`;
  const [seconds, minutes, hours] = [rounded(1e9), rounded(6e10), rounded(3.6e12)];
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d ${two(hours % 24)}h`;
}

/** RFC 3339 in UTC, of nanoseconds since 1970 as a BigInt. */
function timeText(nanos, digits) {
  const second = 1000000000n;
  const fraction = ((nanos % second) + second) % second;
  const whole = new Date(Number((nanos - fraction) / 1000000n)).toISOString().slice(0, 19);
  const shown = digits > 0 ? `.${String(fraction).padStart(9, "0").slice(0, digits)}` : "";
  return `${whole}${shown}Z`;
}

const epoch = BigInt(flowData.begin);
const beginText = (row) => timeText(epoch + BigInt(field(row, "begin")), field(row, "digits"));
const endText = (row) => timeText(epoch + BigInt(field(row, "begin")) + BigInt(field(row, "lasted")), field(row, "digits"));

/** Seconds after the first flow, as Wireshark counts them. */
const offsetText = (row) => (field(row, "begin") / 1e9).toFixed(3);

function endpointText(row, side) {
  const [address, port] = [textOf(row, `${side}_ip`), field(row, `${side}_port`)];
  if (port === null) return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** An element with a class and children; strings become text, never markup. */
function element(name, classes, ...children) {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

/** A button that does something. */
function button(label, classes, act) {
  const made = element("button", classes, label);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

/** Tells what has happened to those who cannot see it. */
const announce = (text) => {
  document.getElementById("status").textContent = text;
};

