/**
 * What is added to the page at /docs: it opens without a token, and asks for it when the description of the
 * API is refused. The token stays in the page's memory and goes to its own origin only.
 */
export const DOCS_SCRIPT = `(() => {
  const send = window.fetch.bind(window);
  let token = '';
  const ask = () => {
    if (document.getElementById('soc-token') !== null) return;
    const form = document.createElement('form');
    form.id = 'soc-token';
    const field = document.createElement('input');
    field.type = 'password';
    field.autocomplete = 'off';
    field.placeholder = 'API token';
    field.setAttribute('aria-label', 'API token');
    const button = document.createElement('button');
    button.textContent = 'Show the API';
    form.append(field, button);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      token = field.value;
      form.remove();
      window.ui.specActions.download();
    });
    document.body.prepend(form);
  };
  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    const isOwn = new URL(request.url).origin === window.location.origin;
    if (isOwn && token !== '') request.headers.set('authorization', 'Bearer ' + token);
    const answer = await send(request);
    if (isOwn && answer.status === 401) ask();
    return answer;
  };
})();
`;
