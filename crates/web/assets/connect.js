// What the widget's pages add to themselves. Every screen works without this file.
(() => {
  'use strict';

  const block = document.getElementById('visit');
  const visit = block ? JSON.parse(block.textContent) : {};
  const at = (id) => document.getElementById(id);

  // --- The embedding page ---

  /** The one page that embeds us when the browser says which, else all that may. */
  function targets() {
    const allowed = visit.targets || [];
    const parent = window.location.ancestorOrigins && window.location.ancestorOrigins[0];
    return parent && allowed.includes(parent) ? [parent] : allowed;
  }

  function tell(message) {
    if (window.parent !== window) {
      for (const target of targets()) {
        try {
          window.parent.postMessage(message, target);
        } catch {
          // One page that cannot be told must not keep the others from hearing.
        }
      }
    }
    const text = JSON.stringify(message);
    try {
      if (window.ReactNativeWebView) window.ReactNativeWebView.postMessage(text);
      const native = window.webkit && window.webkit.messageHandlers && window.webkit.messageHandlers.hapiConnect;
      if (native) native.postMessage(text);
    } catch {
      // A webview that does not take the message must not stop the page.
    }
  }

  function announce() {
    if (visit.ready) tell({ type: 'hapi-connect-ready' });
    for (const message of visit.messages || []) tell(message);
    if (visit.announced && visit.announced.length) {
      fetch(visit.seen, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ announced: visit.announced }),
        keepalive: true,
      }).catch(() => {});
    }
  }

  /** Takes the session token from the embedding page, so that it is in no address. */
  function awaitToken() {
    window.addEventListener('message', (event) => {
      if (event.source !== window.parent || window.parent === window) return;
      const data = event.data;
      if (!data || data.type !== 'hapi-connect-token' || typeof data.token !== 'string') return;
      const form = at('opening');
      form.elements.token.value = data.token;
      form.submit();
    });
  }

  // --- Asking the server again ---

  /** Calls `ask` every `every` ms until it answers true; slower while it fails or nobody looks. */
  function poll(every, ask) {
    let failures = 0;
    const next = async () => {
      let over = false;
      if (!document.hidden) {
        try {
          over = await ask();
          failures = 0;
        } catch {
          failures += 1;
        }
        const offline = at('offline');
        if (offline) offline.hidden = failures < 3;
      }
      if (!over) setTimeout(next, every * Math.min(1 + failures, 10));
    };
    setTimeout(next, every);
  }

  async function getJson(address) {
    const response = await fetch(address, { headers: { Accept: 'application/json' }, cache: 'no-store' });
    const json = (response.headers.get('Content-Type') || '').includes('json');
    if (response.status === 401 || response.status === 404 || (response.ok && !json)) {
      // The visit is over: its own page says why.
      window.location.reload();
      return new Promise(() => {});
    }
    if (!response.ok) throw new Error(String(response.status));
    return response.json();
  }

  // --- Leaving for the provider ---

  function inWebview() {
    return Boolean(window.ReactNativeWebView || window.webkit?.messageHandlers);
  }

  function watchLogin() {
    const login = at('login');
    const open = at('open-login');
    if (open) {
      open.addEventListener('click', (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
        tell({ type: 'hapi-connect-open-url', url: open.href });
        const popup = window.open(open.href);
        // Webviews replace window.open and may return nothing. Elsewhere nothing means that the popup was
        // blocked: then the link opens as links do. The server knows how it went.
        if (popup || inWebview()) event.preventDefault();
        try {
          // The provider's page needs no way back into this one.
          popup.opener = null;
        } catch {
          // Nothing to cut.
        }
        login.className = 'waiting';
      });
    }
    poll(1000, async () => {
      const state = await getJson(visit.poll);
      if (state.next) {
        window.location.replace(state.next);
        return true;
      }
      if (state.state === 'waiting') login.className = 'waiting';
      return false;
    });
  }

  // --- While a source is read ---

  function watchProgress() {
    poll(1000, async () => {
      const state = await getJson(visit.progress);
      const heading = at('heading');
      if (heading.textContent !== state.title) {
        heading.textContent = state.title;
        document.title = state.title;
      }
      redraw(at('reading'), state.html);
      if (state.done) at('continue').className = 'primary';
      return state.done;
    });
  }

  const kinds = (root) => [...root.querySelectorAll('[data-kind]')].map((row) => row.dataset.kind).join();

  /** Changes what changed, so that widths move and nothing is read out twice. */
  function redraw(shown, html) {
    const fresh = document.createElement('template');
    fresh.innerHTML = html;
    if (kinds(shown) !== kinds(fresh.content)) {
      shown.replaceChildren(fresh.content);
      return;
    }
    for (const selector of ['[data-kind]', '[data-stream]', '#reading-note']) {
      const after = fresh.content.querySelectorAll(selector);
      shown.querySelectorAll(selector).forEach((before, index) => {
        const now = after[index];
        before.setAttribute('class', now.getAttribute('class') || '');
        if (now.hasAttribute('d')) before.setAttribute('d', now.getAttribute('d'));
        else if (before.textContent !== now.textContent) before.replaceChildren(...now.childNodes);
      });
    }
  }

  // --- Search as you type ---

  function searchAsYouType() {
    const input = at('q');
    const results = at('results');
    const show = (id) => results.replaceChildren(at(id).content.cloneNode(true));
    let running = null;
    let waiting = 0;
    let last = input.value.trim();

    async function search() {
      const query = input.value.trim();
      if (query === last) return;
      last = query;
      if (running) running.abort();
      const mine = (running = new AbortController());
      const timers = [
        setTimeout(show, 200, 'search-waiting'),
        setTimeout(show, 3000, 'search-slow'),
        setTimeout(show, 10000, 'search-stuck'),
      ];
      const address = results.dataset.from + '?q=' + encodeURIComponent(query);
      try {
        const response = await fetch(address + '&fragment=1', { signal: mine.signal });
        if (!response.ok) throw new Error(String(response.status));
        const html = await response.text();
        if (mine.signal.aborted) return;
        results.innerHTML = html;
        // A live region is only read out when it was there before.
        at('said').textContent = at('found') ? at('found').textContent : '';
        window.history.replaceState(null, '', address);
      } catch (error) {
        if (error.name !== 'AbortError') {
          last = null;
          show('search-stuck');
        }
      } finally {
        timers.forEach(clearTimeout);
      }
    }

    input.addEventListener('input', () => {
      clearTimeout(waiting);
      waiting = setTimeout(search, 120);
    });
    // The heading has focus when the screen opens; typing goes to the input all the same.
    document.addEventListener('keydown', (event) => {
      const plain = event.key.length === 1 && event.key !== ' ' && !event.ctrlKey && !event.metaKey && !event.altKey;
      if (plain && document.activeElement === at('heading')) input.focus();
    });
  }

  // --- Files ---

  /** Sends the files with a bar that fills; without script the form does it alone. */
  function sendFiles() {
    const form = at('files');
    const input = at('file');
    const drop = input.closest('.drop');
    const note = at('sending-note');
    const over = (event) => {
      event.preventDefault();
      drop.classList.toggle('over', event.type === 'dragover');
    };
    for (const type of ['dragover', 'dragleave', 'drop']) drop.addEventListener(type, over);
    drop.addEventListener('drop', (event) => {
      if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
    });
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const request = new XMLHttpRequest();
      const busy = (is) => {
        at('sending').hidden = !is;
        at('send').disabled = is;
      };
      const refuse = (html, text) => {
        busy(false);
        const trouble = at('files-trouble');
        if (html) trouble.innerHTML = html;
        else trouble.textContent = text;
        trouble.hidden = false;
        trouble.scrollIntoView({ block: 'nearest' });
      };
      request.upload.addEventListener('progress', ({ loaded, total }) => {
        at('sent').value = total ? (100 * loaded) / total : 0;
      });
      request.upload.addEventListener('load', () => {
        at('sent').removeAttribute('value');
        note.textContent = note.dataset.reading;
      });
      request.addEventListener('error', () => refuse('', note.dataset.lost));
      request.addEventListener('load', () => {
        const answer = request.response;
        if (answer && answer.next) window.location.replace(answer.next);
        else if (answer && answer.trouble) refuse(answer.trouble);
        // The visit is over: its own page says why.
        else if (request.status === 401 || request.status === 404) window.location.reload();
        else refuse('', note.dataset.lost);
      });
      const files = new FormData(form);
      at('files-trouble').hidden = true;
      at('sent').value = 0;
      note.textContent = note.dataset.sending;
      busy(true);
      request.open('POST', form.action);
      request.setRequestHeader('Accept', 'application/json');
      request.responseType = 'json';
      request.send(files);
    });
  }

  // --- Every screen ---

  announce();
  // A frame from elsewhere may not take focus by markup.
  if (window.parent !== window && at('heading')) at('heading').focus({ preventScroll: true });
  if (visit.awaitsToken) awaitToken();
  if (visit.closes) window.close();
  if (visit.poll) watchLogin();
  if (visit.progress) watchProgress();
  if (at('q')) searchAsYouType();
  if (at('files')) sendFiles();
})();
