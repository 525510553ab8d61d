"use strict";
// Draws the charts of the page with ECharts, says how long ago times were, and leads links to where they are served.
(() => {
  const here = window.location;
  if (here.hash.startsWith("#!/")) { // an address of dbt's docs, from when they were served here
    here.replace("dbt/" + here.hash);
    return;
  }
  if (here.protocol === "file:") {
    for (const link of document.querySelectorAll("a[data-served]")) link.href = link.dataset.served;
  }

  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
  const ago = (seconds) => {
    for (const [unit, size] of units) {
      const count = Math.floor(seconds / size);
      if (count >= 1) return `${count} ${unit}${count > 1 ? "s" : ""} ago`;
    }
    return "just now";
  };
  const age = (time) => (Date.now() - Date.parse(time.dateTime)) / 1000;
  for (const time of document.querySelectorAll("time[data-ago]")) time.append(` (${ago(age(time))})`);
  const written = document.querySelector("header p:nth-last-of-type(2) time:last-of-type");
  if (written && age(written) > 36 * 3600) document.getElementById("old").hidden = false;

  const data = JSON.parse(document.getElementById("data").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const paper = window.matchMedia("print");
  const drawn = new Map();
  const number = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
  const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const told = (spec, value) => {
    if (value === null || value === undefined) return "–";
    if (spec.unit === "%") return number.format(100 * value) + " %";
    return number.format(value) + (spec.unit ? " " + spec.unit : "");
  };
  const option = (spec, width) => {
    const [ink, soft, line] = [color("--ink"), color("--soft"), color("--line")];
    let above = 0;
    let below = 0;
    const isLoss = (each) => each.values.some((value) => value < 0) && each.values.every((value) => !(value > 0));
    const series = spec.series.map((each) => {
      const shade = color(isLoss(each) ? `--n${(below++ % 2) + 1}` : `--c${(above++ % 6) + 1}`);
      const base = { name: each.name, data: each.values, itemStyle: { color: shade } };
      if (spec.kind === "line") {
        return { ...base, type: "line", symbol: spec.x.length > 31 ? "none" : "circle", symbolSize: 4, lineStyle: { width: 2, color: shade } };
      }
      return { ...base, type: "bar", barMaxWidth: 26, stack: spec.kind === "stacked" ? "all" : undefined };
    });
    const many = series.length > 1;
    const lines = Math.ceil(series.reduce((sum, each) => sum + 34 + 6.5 * each.name.length, 0) / Math.max(width, 120));
    const text = { color: soft, fontFamily: "system-ui, sans-serif", fontSize: paper.matches ? 9 : 11 };
    const axis = { axisLabel: text, axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, splitLine: { lineStyle: { color: line } } };
    return {
      animation: false,
      textStyle: { fontFamily: "system-ui, sans-serif" },
      grid: { left: 4, right: 12, top: many ? 14 + 19 * lines : 12, bottom: 4, containLabel: true },
      legend: many ? { top: 0, left: 0, itemGap: 12, itemWidth: 12, itemHeight: 9, icon: "roundRect", textStyle: { ...text, color: ink } } : undefined,
      tooltip: {
        trigger: "axis", confine: true, backgroundColor: color("--card"), borderColor: line, textStyle: { ...text, color: ink },
        axisPointer: { type: spec.kind === "line" ? "line" : "shadow", shadowStyle: { color: line, opacity: 0.35 } },
        valueFormatter: (value) => told(spec, value),
      },
      xAxis: { ...axis, type: "category", data: spec.x, boundaryGap: spec.kind !== "line", splitLine: { show: false }, axisLabel: { ...text, hideOverlap: true } },
      yAxis: {
        ...axis, type: "value", axisLine: { show: false }, max: spec.cut || undefined, scale: spec.unit === "%", splitNumber: 4,
        axisLabel: { ...text, showMaxLabel: !spec.cut, formatter: (value) => (spec.unit === "%" ? Math.round(100 * value) + " %" : short.format(value)) },
      },
      series,
    };
  };
  const draw = () => {
    for (const spec of data.charts) {
      const place = document.getElementById(spec.id);
      let chart = drawn.get(spec.id);
      if (!chart) {
        place.append(document.createElement("div")); // an empty place has no height
        chart = echarts.init(place, null, { renderer: "svg" });
        drawn.set(spec.id, chart);
        new ResizeObserver(() => {
          if (place.clientWidth && place.clientWidth !== chart.getWidth()) {
            chart.resize();
            chart.setOption(option(spec, chart.getWidth()), true);
          }
        }).observe(place);
      }
      chart.resize();
      chart.setOption(option(spec, chart.getWidth()), true);
    }
  };
  draw();
  dark.addEventListener("change", draw);
  paper.addEventListener("change", draw);
  window.addEventListener("beforeprint", draw);
  window.addEventListener("afterprint", draw);
})();
