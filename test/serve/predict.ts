import SwaggerParser from "@apidevtools/swagger-parser";
import type { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { ask } from "../../recipes/serve-load/ask.ts";
import { Classifier, type Prediction } from "../../src/index.ts";
import { createApp } from "../../src/serve/app.ts";
import type { Env, ServerState } from "../../src/serve/state.ts";
import { picture, run, withServer } from "./patterns.ts";

const jpeg = { "content-type": "image/jpeg" };

/** A prediction as the API gives it, without its vectors. */
async function predicted(photo: Buffer, options: { top?: number; coverage?: number } = {}): Promise<object> {
  const classifier = await Classifier.load(run);
  const { probabilities, embedding, ...rest }: Prediction = await classifier.predict(photo, options);
  await classifier.close();
  return JSON.parse(JSON.stringify(rest));
}

export function predictTests(): void {
  describe("POST /predict", () => {
    test("answers a picture as the library does, the top and the set asked for", async () => {
      const photo = picture("stripes/4.jpg");
      await withServer({ models: [run] }, async ({ url }) => {
        for (const path of ["/predict", "/models/patterns/predict"]) {
          const answer = await ask(url + path, { headers: jpeg, body: photo });
          expect([answer.status, answer.headers["content-type"]]).toEqual([200, "application/json"]);
          expect(answer.json()).toEqual({ model: "patterns", ...(await predicted(photo)) });
        }
        const asked = await ask(`${url}/predict?top=2&coverage=0.95`, { headers: jpeg, body: photo });
        expect(asked.json()).toEqual({
          model: "patterns",
          ...(await predicted(photo, { top: 2, coverage: 0.95 })),
        });
        const none = await ask(`${url}/predict?coverage=0.77`, { headers: jpeg, body: photo });
        expect([none.status, none.json()]).toEqual([
          400,
          { error: expect.stringMatching(/no rule for .* It has rules for 0\.\d+/) },
        ]);
      });
    });

    test("answers the files of a form in their order", async () => {
      const names = ["波/1.jpg", "dots/2.jpg", "checks/3.jpg"];
      const form = new FormData();
      for (const name of names) form.append("image", new Blob([new Uint8Array(picture(name))]), name);
      await withServer({ models: [run] }, async ({ url }) => {
        const answer = await fetch(`${url}/predict?top=1`, { method: "POST", body: form });
        expect(answer.status).toBe(200);
        const { predictions } = (await answer.json()) as { predictions: { file: string; label: string }[] };
        expect(predictions.map(({ file }) => file)).toEqual(names);
        for (const [i, name] of names.entries())
          expect(predictions[i]).toEqual({ file: name, ...(await predicted(picture(name), { top: 1 })) });
      });
    });

    test("asks which model is meant where there are several; names that clash are refused", async () => {
      await withServer({ models: [run, run], names: ["one", "二"] }, async ({ url, models }) => {
        expect(models.map(({ name }) => name)).toEqual(["one", "二"]);
        const body = picture("dots/5.jpg");
        const unclear = await ask(`${url}/predict`, { headers: jpeg, body });
        expect([unclear.status, unclear.json()]).toEqual([
          400,
          {
            error:
              "Several models are served here. Post to /models/one/predict or /models/%E4%BA%8C/predict.",
          },
        ]);
        const answer = await ask(`${url}/models/${encodeURIComponent("二")}/predict`, {
          headers: jpeg,
          body,
        });
        expect(answer.json()).toMatchObject({ model: "二", label: "dots" });
      });
      await expect(withServer({ models: [run, run] }, async () => {})).rejects.toMatchObject({
        code: "SERVE",
      });
      await expect(withServer({ models: [run], names: ["../x"] }, async () => {})).rejects.toMatchObject({
        code: "USAGE",
      });
      await expect(withServer({ models: [] }, async () => {})).rejects.toMatchObject({ code: "USAGE" });
      await expect(withServer({ models: ["nowhere"] }, async () => {})).rejects.toMatchObject({
        code: "CLASSIFIER",
      });
    });

    test("what is asked in another way is refused by its status, and says what there is", async () => {
      await withServer({ models: [run] }, async ({ url }) => {
        const body = picture("dots/6.jpg");
        const status = async (path: string, asked: Parameters<typeof ask>[1]): Promise<number> =>
          (await ask(url + path, asked)).status;
        expect(await status("/predict", { headers: { "content-type": "text/plain" }, body })).toBe(415);
        expect(await status("/predict", { headers: { ...jpeg, origin: "https://evil.example" }, body })).toBe(
          403,
        );
        expect(await status("/v2", { headers: { host: "evil.example" } })).toBe(421);
        expect(await status("/predict", { method: "DELETE" })).toBe(405);
        expect((await ask(`${url}/v2`, { method: "OPTIONS" })).headers.allow).toBe("GET, HEAD");
        expect(await status("/v2/health/live", { method: "HEAD" })).toBe(200);
        expect((await ask(`${url}/`)).body.toString()).toContain("POST /predict");
        const page = await ask(`${url}/`, { headers: { accept: "text/html" } });
        expect(page.headers["content-security-policy"]).toMatch(/^default-src 'none'/);
        expect(page.body.toString()).toContain('action="/models/patterns/predict"');
        expect(page.headers["access-control-allow-origin"]).toBe(undefined);
      });
    });
  });

  test("the OpenAPI document is valid and names just the routes that are there", async () => {
    await withServer({ models: [run] }, async ({ url }) => {
      const document = (await ask(`${url}/openapi.json`)).json<{
        openapi: string;
        paths: Record<string, Record<string, { responses: object }>>;
      }>();
      expect(document.openapi).toBe("3.1.0");
      const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ":$1")}`),
      );
      // The parser writes references into what it is given.
      await SwaggerParser.validate(structuredClone(document) as never);
      // The app's own list; routes are only listed here, so it needs no models.
      const state = { models: new Map() } as unknown as ServerState;
      const app: Hono<Env> = createApp(state, { guard: () => {}, onError: () => {} });
      const routed = app.routes.filter(({ method }) => method !== "ALL");
      expect(documented.sort()).toEqual(routed.map(({ method, path }) => `${method} ${path}`).sort());
      for (const [path, methods] of Object.entries(document.paths))
        for (const [method, { responses }] of Object.entries(methods)) {
          const { status } = await ask(url + path.replace("{name}", "patterns"), {
            method: method.toUpperCase(),
            ...(method === "post" && { body: "{}" }),
          });
          expect(Object.keys(responses), `${method} ${path}`).toContain(String(status));
        }
    });
  });

  test("metrics count requests by route, never by what was asked, and pictures by model", async () => {
    await withServer({ models: [run] }, async ({ url }) => {
      const body = picture("dots/7.jpg");
      for (let i = 0; i < 3; i++) await ask(`${url}/models/patterns/predict`, { headers: jpeg, body });
      for (const name of ["a", "b", "c"]) await ask(`${url}/${name}`);
      await ask(`${url}/v2/models/nope`);
      const { body: text, headers } = await ask(`${url}/metrics`);
      expect(headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
      const lines = text.toString().split("\n");
      for (const line of [
        'tsugiki_requests_total{route="/models/:name/predict",status="200"} 3',
        'tsugiki_requests_total{route="none",status="404"} 3',
        'tsugiki_requests_total{route="/v2/models/:name",status="404"} 1',
        'tsugiki_pictures_total{model="patterns"} 3',
        'tsugiki_request_duration_seconds_count{route="/models/:name/predict"} 3',
        "tsugiki_request_pictures_sum 3",
        "tsugiki_queue_pictures 0",
        "tsugiki_body_bytes 0",
      ])
        expect(lines).toContain(line);
      expect(text.toString()).toMatch(/^process_resident_memory_bytes \d+$/m);
      expect(text.toString()).not.toContain("nope");
    });
  });
}
