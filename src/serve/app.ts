import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { matchedRoutes } from "hono/route";
import { RefusedError, refusal } from "./errors.ts";
import { aboutRoutes } from "./routes/about.ts";
import { healthRoutes } from "./routes/health.ts";
import { inferRoutes } from "./routes/infer.ts";
import { predictRoutes } from "./routes/predict.ts";
import type { Env, RequestContext, Route, ServerState } from "./state.ts";

/** Sent with every answer: nothing of it is run, framed or guessed at by a browser. */
const headers = Object.entries({
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
});

interface Watch {
  /** Refuses requests that no route should see. Throws RefusedError. */
  readonly guard: (method: string, header: (name: string) => string | undefined) => void;
  readonly onError: (error: unknown) => void;
}

/** All that is answered. Failures have the protocol's form, {"error": …}, and say nothing of the server's inside. */
export function createApp(state: ServerState, { guard, onError }: Watch): Hono<Env> {
  const routes: Route[] = [];
  routes.push(
    ...aboutRoutes(state, () => routes),
    ...healthRoutes(state),
    ...predictRoutes(state),
    ...inferRoutes(state),
  );
  const app = new Hono<Env>({ strict: false });
  app.use(async (context, next) => {
    const { incoming, outgoing } = context.env;
    const done = state.metrics.duration.startTimer();
    for (const [name, value] of headers) outgoing.setHeader(name, value);
    if (state.isStopping()) outgoing.setHeader("connection", "close");
    await next();
    // Closed now, the rest of the body would meet a closed door, and its sender might never read why. It is let go by.
    if (!incoming.complete && !state.isStopping()) outgoing.setHeader("connection", "keep-alive");
    const route = routeOf(context);
    done({ route });
    const status = outgoing.headersSent ? outgoing.statusCode : context.res.status;
    state.metrics.requests.inc({ route, status });
  });
  app.use(async ({ req }, next) => {
    guard(req.method, (name) => req.header(name));
    await next();
  });
  for (const { method, path, handle } of routes) app.on(method.toUpperCase(), patternOf(path), handle);
  for (const path of new Set(routes.map((route) => route.path)))
    app.all(patternOf(path), (context) => {
      const methods = routes.filter((route) => route.path === path).map(({ method }) => method.toUpperCase());
      context.header("allow", methods.includes("GET") ? "GET, HEAD" : methods.join(", "));
      return failed(context, refusal(405, `${path} takes ${methods.join(", ")}.`));
    });
  app.notFound((context) =>
    failed(context, refusal(404, "There is nothing here.", "GET / says what there is.")),
  );
  app.onError((error, context) => {
    if (error instanceof RefusedError) {
      if (error.evidence.status === 503) state.metrics.refused.inc();
      return failed(context, error);
    }
    if (error instanceof HTTPException) return failed(context, refusal(400, "The request cannot be read."));
    onError(error);
    return context.json({ error: "The server failed; its log says why." }, 500);
  });
  return app;
}

function failed(context: RequestContext, { message, evidence: { status } }: RefusedError): Response {
  if (status === 503) context.header("retry-after", "1");
  return context.json({ error: message }, status);
}

/** Hono writes {name} as :name. */
function patternOf(path: string): string {
  return path.replace(/\{(\w+)\}/g, ":$1");
}

/** The pattern of the route that answered; "none" where there was none. */
function routeOf(context: RequestContext): string {
  const last = matchedRoutes(context).at(-1)?.path ?? "/*";
  return last === "/*" ? "none" : last;
}
