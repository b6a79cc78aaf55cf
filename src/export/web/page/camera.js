/// <reference lib="dom" />
// The camera: its stream into a video element, and frames at a pace.

/** Milliseconds from one look to the next: four a second, or fewer where the model takes longer. */
const pace = 250;
/** Left between two looks, so that the page can be drawn. */
const breath = 30;

/** @typedef {"cameraRefused" | "cameraNone" | "cameraBusy" | "cameraInsecure"} CameraProblem */

/** Why the camera does not run: a key of the texts. */
export class CameraError extends Error {
  /** @param {CameraProblem} problem */
  constructor(problem) {
    super(problem);
    this.problem = problem;
  }
}

/** @type {Readonly<Record<string, CameraProblem>>} */
const problems = {
  NotAllowedError: "cameraRefused",
  SecurityError: "cameraRefused",
  NotFoundError: "cameraNone",
  OverconstrainedError: "cameraNone",
};

export class Camera {
  #video;
  /** @type {MediaStream | undefined} */
  #stream;
  /** @type {"environment" | "user"} */
  #facing = "environment";
  /** Grows with each start and stop: a loop of an earlier one ends. */
  #turn = 0;

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.#video = video;
  }

  get runs() {
    return this.#stream !== undefined;
  }

  /**
   * Starts the camera and hands the video to `look` some times a second, until it is stopped. Throws CameraError.
   * @param {(video: HTMLVideoElement) => Promise<void>} look
   */
  async start(look) {
    this.stop();
    const mine = ++this.#turn;
    if (!navigator.mediaDevices) throw new CameraError("cameraInsecure");
    const wanted = { facingMode: this.#facing, width: { ideal: 1280 }, height: { ideal: 960 } };
    const stream = await navigator.mediaDevices.getUserMedia({ video: wanted }).catch((error) => {
      throw new CameraError(problems[error instanceof DOMException ? error.name : ""] ?? "cameraBusy");
    });
    if (mine !== this.#turn) {
      end(stream);
      return;
    }
    this.#stream = stream;
    this.#video.srcObject = stream;
    await this.#video.play().catch(() => undefined);
    void this.#watch(mine, look);
  }

  /** Whether there is another camera to turn to; known once one was allowed. */
  async hasOther() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter(({ kind }) => kind === "videoinput").length > 1;
  }

  /** The next start takes the camera on the other side. */
  turn() {
    this.#facing = this.#facing === "user" ? "environment" : "user";
  }

  stop() {
    this.#turn++;
    if (this.#stream) end(this.#stream);
    this.#stream = undefined;
    this.#video.srcObject = null;
  }

  /**
   * @param {number} mine
   * @param {(video: HTMLVideoElement) => Promise<void>} look
   */
  async #watch(mine, look) {
    while (mine === this.#turn) {
      const begun = performance.now();
      const ready = this.#video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
      if (ready && !document.hidden) await look(this.#video);
      const rest = Math.max(breath, pace - (performance.now() - begun));
      await new Promise((done) => setTimeout(done, rest));
    }
  }
}

/** @param {MediaStream} stream */
function end(stream) {
  for (const track of stream.getTracks()) track.stop();
}
