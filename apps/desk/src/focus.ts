import type { RefObject } from 'preact'
import { useEffect } from 'preact/hooks'

/**
 * Brings `target` into view whenever `cause` changes, and gives it the focus when the element that had it went away
 * with the change: whoever uses the keyboard then goes on from here and not from the top of the page.
 */
export function useTakeOver(target: RefObject<HTMLElement | null>, cause: unknown): void {
  useEffect(() => {
    // Only after the browser has noticed that the old element is gone or hidden.
    const frame = requestAnimationFrame(() => {
      target.current?.scrollIntoView({ block: 'nearest' })
      const focused = document.activeElement
      if (focused === null || focused === document.body) target.current?.focus({ preventScroll: true })
    })
    return () => cancelAnimationFrame(frame)
  }, [cause])
}
