// Keeps "5 min ago" and elapsed times true while the page is open.

function relative(seconds) {
  const ahead = seconds > 0, distance = Math.abs(seconds);
  if (distance < 45) return ahead ? "in a moment" : "just now";
  const days = Math.round(distance / 86400);
  if (distance >= 22 * 3600 && days <= 1) return ahead ? "tomorrow" : "yesterday";
  const words = distance >= 22 * 3600 ? `${days} days`
    : distance >= 59.5 * 60 ? `${Math.round(distance / 3600)} h`
    : `${Math.max(1, Math.round(distance / 60))} min`;
  return ahead ? `in ${words}` : `${words} ago`;
}

function elapsed(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor(whole % 3600 / 60)} min`;
}

function refresh(selector, words) {
  for (const time of document.querySelectorAll(selector)) {
    const text = words((new Date(time.dateTime) - Date.now()) / 1000);
    if (text !== null && time.textContent !== text) time.textContent = text;
  }
}

// Far days stay as the server wrote them, in its own zone.
const near = (s) => (Math.abs(s) >= 14 * 86400 ? null : relative(s));
const left = (s) => `${Math.floor(Math.max(0, s) / 60)}:${String(Math.floor(Math.max(0, s) % 60)).padStart(2, "0")}`;
setInterval(() => { refresh("time[data-since]", (s) => elapsed(-s)); refresh("time[data-until]", left); }, 1000);
setInterval(() => refresh("time:not([data-since], [data-until], [data-fixed])", near), 20000);
