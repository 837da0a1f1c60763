/** An answer of user-api. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: { readonly message: string; readonly data?: Readonly<Record<string, string>> };
}

/** A client of user-api as anybody would write it. */
export function apiClient(apiUrl: string) {
  const call = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(apiUrl + path, init);
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Answer["body"],
    };
  };
  const post = (path: string, body: unknown): Promise<Answer> =>
    call(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  return {
    register: (body: unknown) => post("/register", body),
    login: (username: unknown, password: unknown) => post("/login", { username, password }),
    /** Logs in, which must succeed, and answers the token. */
    async token(username: string, password: string): Promise<string> {
      const { body } = await post("/login", { username, password });
      if (body.data?.["token"] === undefined) throw new Error(`No token: ${body.message}`);
      return body.data["token"];
    },
    user: (id: number | string, token?: string) =>
      call(`/user/get/${id}`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    health: () => call("/healthz", {}),
  };
}
