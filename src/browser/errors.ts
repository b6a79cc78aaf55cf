import { TsugikiError } from "../core/errors.ts";

/** A model's file that could not be had from where it lies; `status` is the server's answer, where one came. */
export class DownloadError extends TsugikiError<{ readonly url: string; readonly status?: number }> {
  override readonly code = "DOWNLOAD";
}

/** A page that the browser keeps from hashing, because it came unprotected over the network. */
export class InsecurePageError extends TsugikiError {
  override readonly code = "INSECURE_PAGE";
}
