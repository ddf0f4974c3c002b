// What test/e2e/status-page.test.ts finds out inside the page; it is run there.
globalThis.probes = {
  grounds: () => {
    const { backgroundColor, color } = getComputedStyle(document.body);
    return [backgroundColor, color];
  },

  isShown: (selector) => document.querySelector(selector).checkVisibility(),

  sortKeys: (column) =>
    [...document.querySelectorAll('#fleet > tbody > .facts')].map((row) => row.cells[column].dataset.sort),

  focused: () => {
    const { tagName } = document.activeElement;
    return `${tagName} ${getComputedStyle(document.activeElement).outlineStyle}`;
  },

  openAll: () => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  },

  /** What lies outside of the window, and whether the page can be scrolled sideways. */
  overflow: () => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const wide = [...document.querySelectorAll('body *:not(.hidden)')].filter(
      (each) => each.getBoundingClientRect().right > innerWidth + 0.5,
    );
    return [scrollWidth - clientWidth, ...wide.map((each) => each.outerHTML.slice(0, 100))];
  },

  /** Texts whose contrast to what is painted behind them is below 4.5. Specification: WCAG 2.2, 1.4.3. */
  weakTexts: () => {
    const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
    const luminance = (colour) => {
      const [red, green, blue] = numbers(colour).map((each) => {
        const value = each / 255;
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const groundOf = (element) => {
      const colour = getComputedStyle(element).backgroundColor;
      return numbers(colour)[3] === 0 ? groundOf(element.parentElement) : colour;
    };
    const weak = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node.parentElement;
      if (element.closest('script, .hidden') !== null || node.textContent.trim() === '') continue;
      if (!element.checkVisibility()) continue;
      const [one, other] = [luminance(getComputedStyle(element).color), luminance(groundOf(element))];
      const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      if (ratio < 4.5) weak.push(`${ratio.toFixed(2)} ${element.tagName} ${node.textContent}`);
    }
    return weak;
  },
};
