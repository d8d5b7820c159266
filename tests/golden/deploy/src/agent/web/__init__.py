"""What the server is made of: who may call, what is sent, what is answered."""
