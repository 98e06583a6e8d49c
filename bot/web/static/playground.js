// What HTML cannot say alone: Enter sends, the newest line stays in view, a lost connection shows, the newest turn is open, "why" opens the trace.
(() => {
  const log = document.querySelector('#log');
  const words = document.querySelector('textarea#words');
  const narrow = matchMedia('(max-width: 899px)');
  const toEnd = () => { log.scrollTop = log.scrollHeight; };
  let atEnd = true;
  log.addEventListener('scroll', () => { atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80; });
  new ResizeObserver(() => atEnd && toEnd()).observe(log);
  document.addEventListener('htmx:after:swap', () => { if (atEnd) toEnd(); });
  toEnd();

  if (words) {
    if (matchMedia('(pointer: fine)').matches && !location.hash) words.focus({ preventScroll: true });
    words.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      if (words.value.trim()) words.form.requestSubmit();
    });
    words.form.addEventListener('htmx:after:request', (event) => {
      if (event.target === words.form && event.detail.ctx.response?.status === 204) { words.value = ''; words.focus(); }
    });
  }

  document.addEventListener('htmx:before:request', (event) => {
    if (event.detail.ctx.request.method === 'POST') atEnd = true;
  });
  document.addEventListener('click', (event) => {
    const opens = event.target.closest?.('[data-opens]')?.dataset.opens;
    if (opens && narrow.matches) setTimeout(() => location.assign(opens), 900);
  });

  const turns = document.querySelector('#turns');
  let newest = turns.querySelector('details')?.id;
  turns.addEventListener('htmx:after:swap', () => {
    const all = [...turns.querySelectorAll('details')];
    if (!all.length || all[0].id === newest) return;
    newest = all[0].id;
    all.forEach((turn, index) => { turn.open = index === 0; });
    turns.scrollTop = 0;
  });

  const offline = document.querySelector('.offline');
  document.addEventListener('htmx:sse:error', () => { offline.hidden = false; });
  document.addEventListener('htmx:sse:after:connection', () => { offline.hidden = true; document.documentElement.dataset.live = ''; });
})();
