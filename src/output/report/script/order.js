// The columns of the flow table, and the order of flows by any of them.

/** How much a text of a fixed list weighs. */
const rankIn = (list) => (text) => list.indexOf(text);
const verdictRank = rankIn(["contradicted", "unknown", "unverifiable", "plausible", "recognised", "confirmed"]);
const confidenceRank = rankIn([null, "port", "behaviour", "signature", "message", "dialogue"]);

/** An address as a text that sorts as addresses do: IPv4 first, each part with all its digits. */
function addressKey(address) {
  if (!address.includes(":")) return `4${address.split(".").map((part) => part.padStart(3, "0")).join("")}`;
  const [head, tail] = address.split("::");
  const groups = (text) => (text ? text.split(":") : []);
  const [before, after] = [groups(head), groups(tail)];
  const missing = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const all = [...before, ...Array(missing).fill("0"), ...after];
  return `6${all.map((group) => group.padStart(4, "0")).join("")}`;
}

/** Each text's place among all in order, for the texts that one of `names` holds. */
function ranksOf(names, key) {
  const used = new Set();
  for (const row of rows) for (const name of names) used.add(field(row, name));
  used.delete(null);
  const sorted = [...used].map((place) => [key(texts[place]), place]).sort((a, b) => (a[0] < b[0] ? -1 : 1));
  return new Map(sorted.map(([, place], rank) => [place, rank]));
}

let addressRanks = null;
const endpointKey = (side) => (row) => {
  addressRanks ??= ranksOf(["src_ip", "dst_ip"], addressKey);
  return addressRanks.get(field(row, `${side}_ip`)) * 65536 + (field(row, `${side}_port`) ?? 0);
};

/** The columns: class, heading, what a cell shows, and the number that rows are sorted by (or the text). */
const flowColumns = [
  { id: "begin", title: "Start (s)", number: true, show: offsetText, key: (row) => field(row, "begin") },
  { id: "lasted", title: "Lasted", number: true, show: (row) => durationText(field(row, "lasted")), key: (row) => field(row, "lasted") },
  { id: "proto", title: "Proto", show: (row) => textOf(row, "proto"), key: (row) => textOf(row, "proto") },
  { id: "source", title: "Source", show: (row) => endpointText(row, "src"), key: endpointKey("src") },
  { id: "destination", title: "Destination", show: (row) => endpointText(row, "dst"), key: endpointKey("dst") },
  { id: "label", title: "Label", show: labelOf, key: (row) => textOf(row, "app_proto") ?? "~" },
  { id: "verdict", title: "Verdict", show: (row) => textOf(row, "verdict"), key: (row) => verdictRank(textOf(row, "verdict")) },
  { id: "confidence", title: "Confidence", show: (row) => textOf(row, "confidence") ?? "-", key: (row) => confidenceRank(textOf(row, "confidence")) },
  {
    id: "packets",
    title: "Packets",
    number: true,
    show: (row) => `${counted.format(field(row, "packets_fwd"))}/${counted.format(field(row, "packets_rev"))}`,
    key: (row) => field(row, "packets_fwd") + field(row, "packets_rev"),
  },
  { id: "sent", title: "Sent", number: true, show: (row) => bytesText(field(row, "bytes_fwd")), key: (row) => field(row, "bytes_fwd") },
  { id: "received", title: "Received", number: true, show: (row) => bytesText(field(row, "bytes_rev")), key: (row) => field(row, "bytes_rev") },
];

/** Places of rows in order; rows that are alike stay in the order of time. */
function sortRows(places, column, descending) {
  const keys = new Map();
  const values = rows.map(column.key);
  const direction = descending ? -1 : 1;
  if (typeof values[0] === "string") {
    const sorted = [...new Set(values)].sort();
    sorted.forEach((value, rank) => keys.set(value, rank));
  }
  const weights = Float64Array.from(values, (value) => (keys.size > 0 ? keys.get(value) : value));
  return places.sort((a, b) => direction * (weights[a] - weights[b]) || a - b);
}

