// The frames of widgets are as high as what is in them, also in a narrow window.
for (const frame of document.querySelectorAll("iframe.widget")) {
  frame.addEventListener("load", () => {
    const { body } = frame.contentDocument;
    const fit = () => {
      const { marginTop, marginBottom } = getComputedStyle(body);
      const margins = parseFloat(marginTop) + parseFloat(marginBottom);
      frame.style.height = `${Math.ceil(body.offsetHeight + margins) + 2}px`;
    };
    new ResizeObserver(fit).observe(body);
  });
}
