// Draws the charts: each figure holds its numbers as JSON beside a table that says the same, so nothing is lost without this.
(() => {
  const css = getComputedStyle(document.documentElement);
  const colour = (name) => css.getPropertyValue(name).trim();
  const draw = (figure) => {
    const data = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
    const place = figure.querySelector('.chart');
    const chart = echarts.init(place);
    const text = { color: colour('--soft'), fontFamily: css.fontFamily, fontSize: 12 };
    const names = { type: 'category', data: data.names, axisLabel: { ...text }, axisTick: { show: false }, axisLine: { lineStyle: { color: colour('--line') } } };
    const values = { type: 'value', minInterval: 1, axisLabel: { ...text }, splitLine: { lineStyle: { color: colour('--line') } } };
    const colours = [colour('--strong'), colour('--mark'), colour('--other')];
    chart.setOption({
      animation: false, color: colours,
      grid: { left: 8, right: 24, top: 24, bottom: 8, containLabel: true },
      xAxis: data.lying ? values : names,
      yAxis: data.lying ? { ...names, inverse: true } : values,
      series: data.series.map((one, place) => ({
        name: one.name, type: data.line ? 'line' : 'bar', stack: data.line ? undefined : 'all', data: one.values, showSymbol: false, barMaxWidth: 28,
        lineStyle: { width: 2, type: ['solid', 'dashed', 'dotted'][place] },
        label: { show: !data.line && data.series.length === 1, position: data.lying ? 'right' : 'top', color: colour('--ink') },
      })),
    });
    new ResizeObserver(() => chart.resize()).observe(place);
  };
  document.querySelectorAll('figure[data-chart]').forEach(draw);
})();
