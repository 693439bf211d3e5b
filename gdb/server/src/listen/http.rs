//! Detection of HTTP on the listeners: a web page can make a browser connect to them.

/// Methods at the start of a request line (RFC 9110, 9.3; PATCH of RFC 5789, PRI of HTTP/2).
pub const HTTP_METHODS: [&str; 10] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PRI"];
