"""What the proxy does with one request (`spec/envoy.md` 1 to 69): pure, and knowing no API generation."""
