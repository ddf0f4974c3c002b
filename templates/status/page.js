// Without this script the page shows all the same, worst first; with it rows can be sorted and filtered.
(() => {
  const table = document.querySelector('#fleet');
  const heads = [...table.tHead.rows[0].cells];
  const rows = () => [...table.tBodies];

  // Numbers are compared as such; what is not known comes last, whichever way it is sorted.
  const compare = (column, sign) => (a, b) => {
    const [one, other] = [a, b].map((body) => body.rows[0].cells[column].dataset.sort);
    if (one === '' || other === '') return (one === '') - (other === '');
    const [left, right] = [Number(one), Number(other)];
    if (Number.isNaN(left) || Number.isNaN(right)) return one === other ? 0 : (one < other ? -1 : 1) * sign;
    return (left - right) * sign;
  };

  const sortBy = (head) => {
    // Names begin with a, numbers with the largest; the next press turns them round.
    const [first, second] = head === heads[0] ? ['ascending', 'descending'] : ['descending', 'ascending'];
    const direction = head.getAttribute('aria-sort') === first ? second : first;
    for (const each of heads) each.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', direction);
    const byName = rows().toSorted(compare(0, 1));
    table.append(...byName.toSorted(compare(heads.indexOf(head), direction === 'ascending' ? 1 : -1)));
  };

  for (const head of heads) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    button.addEventListener('click', () => sortBy(head));
    head.replaceChildren(button);
  }

  const label = document.createElement('label');
  label.textContent = 'Filter';
  const input = document.createElement('input');
  input.type = 'search';
  input.placeholder = 'name, state, platform, reason';
  const shown = document.createElement('output');
  label.append(input);
  document.querySelector('#tools').append(label, shown);

  // Not in what signs are held to, which says every word of all of them.
  const textOf = (body) =>
    [...body.querySelectorAll('.facts, summary, .commits, .notes')].map((each) => each.textContent);
  const texts = new Map(rows().map((body) => [body, textOf(body).join(' ').toLowerCase()]));
  input.addEventListener('input', () => {
    const words = input.value.toLowerCase().split(/\s+/);
    for (const [body, text] of texts) body.hidden = !words.every((word) => text.includes(word));
    const count = rows().filter((body) => !body.hidden).length;
    shown.textContent = input.value === '' ? '' : `${count} of ${texts.size} shown`;
  });

  // A link to a recipe shows all of it.
  const openTarget = () => {
    const body = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const details = body?.querySelector('details');
    if (details) details.open = true;
  };
  addEventListener('hashchange', openTarget);
  openTarget();
})();
