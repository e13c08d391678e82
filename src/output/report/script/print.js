// On paper everything is unfolded, and the table has its first rows without scrolling. Then the page comes to life.

const foldedBeforePrint = [];

addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details:not([open])")) {
    folded.open = true;
    foldedBeforePrint.push(folded);
  }
  if (!flowTable.body) return;
  flowTable.printing = true;
  drawRows();
  if (flowTable.view.length > PRINTED) {
    flowTable.paper = element("p", "note", `The first ${PRINTED} of ${counted.format(flowTable.view.length)} flows; the page itself has all.`);
    flowTable.viewport.after(flowTable.paper);
  }
});

addEventListener("afterprint", () => {
  for (const folded of foldedBeforePrint.splice(0)) folded.open = false;
  if (!flowTable.body) return;
  flowTable.paper?.remove();
  flowTable.printing = false;
  drawRows();
});

offerCopying();
offerUnfolding();
startFlows();
startChart();
