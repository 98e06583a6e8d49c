"""The web console under /admin: admins look at what is better seen than read, and every change they make is an event or a press in the one flow."""
