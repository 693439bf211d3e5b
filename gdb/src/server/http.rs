//! How HTTP is told from the protocols of our listeners: a web page can have a browser send it to them.

/// The methods that request lines begin with (RFC 9110, 9.3; PATCH of RFC 5789, PRI of HTTP/2).
pub const HTTP_METHODS: [&str; 10] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PRI"];
