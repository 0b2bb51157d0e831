"""Whether a page fits its window: nothing wider than it, nothing cut, no text over other text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.browser.chromium import Tab

WIDTHS = (320, 360, 768, 1280)
"""The narrowest window that WCAG 1.4.10 asks for, a phone, a tablet and a desk, in CSS pixels."""

FAULTS = """() => {
    const faults = [], room = document.documentElement.clientWidth;
    const named = element => element.outerHTML.replace(/\\s+/g, ' ').slice(0, 120);
    const isSeen = element => element.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true});
    const ways = element => { const up = []; for (let e = element; e; e = e.parentElement) up.push(e); return up; };
    const isClipped = element => ways(element).some(e => getComputedStyle(e).clipPath !== 'none');
    const isScrolled = element => room >= 768 && element.closest('.scroll');  // by hand, at a desk alone
    if (document.documentElement.scrollWidth > room)
        faults.push(`the page is ${document.documentElement.scrollWidth} wide`);
    for (const element of document.querySelectorAll('body *:not(svg *)')) {
        const style = getComputedStyle(element);
        if (!element.clientWidth || style.display === 'inline' || !isSeen(element)) continue;
        if (element.closest('pre') || isScrolled(element) || isClipped(element)) continue;
        if (element.scrollWidth > element.clientWidth + 1)
            faults.push(`${element.scrollWidth} in ${element.clientWidth}: ${named(element)}`);
        if (element.getBoundingClientRect().right > room + 1) faults.push(`beyond the edge: ${named(element)}`);
        const label = getComputedStyle(element, '::before');
        if (label.content === 'none' || !element.dataset.label) continue;
        const beside = label.position === 'absolute' || label.float === 'left';
        if (beside && parseFloat(label.width) > parseFloat(style.paddingLeft)
            || beside && parseFloat(label.height) > element.clientHeight + 1)
            faults.push(`a label over its text: ${named(element)}`);
    }
    const boxes = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
        const holder = text.parentElement;
        if (!text.data.trim() || holder.closest('script, style, pre') || !isSeen(holder) || isClipped(holder)) continue;
        const cutting = ways(holder).filter(e => !['visible', 'clip'].includes(getComputedStyle(e).overflowY))
            .map(e => e.getBoundingClientRect());
        const range = document.createRange();
        range.selectNodeContents(text);
        for (const {left, right, top, bottom} of range.getClientRects()) {
            const box = {text, left, right, top: Math.max(top, ...cutting.map(cut => cut.top)),
                bottom: Math.min(bottom, ...cutting.map(cut => cut.bottom))};
            if (right - left > 1 && box.bottom - box.top > 1) boxes.push(box);
        }
    }
    boxes.sort((one, other) => one.top - other.top);
    boxes.forEach((one, place) => {
        for (let next = place + 1; next < boxes.length && boxes[next].top < one.bottom; next++) {
            const other = boxes[next];
            const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
            const down = Math.min(one.bottom, other.bottom) - other.top;
            const least = 0.4 * Math.min(one.bottom - one.top, other.bottom - other.top);  // lines may stand close
            if (other.text !== one.text && across > 2 && down > least)
                faults.push(`text over text: ${one.text.data.trim().slice(0, 40)} | ${
                    other.text.data.trim().slice(0, 40)}`);
        }
    });
    return [...new Set(faults)].slice(0, 6);
}"""


def faults(tab: Tab) -> dict[int, list[str]]:
    """What is wrong with the open page, by the width of the window."""
    found: dict[int, list[str]] = {}
    for width in WIDTHS:
        tab.look(width)
        if wrong := tab.evaluate(FAULTS):
            found[width] = wrong
    return found
